/** How many vouchers of each batch stand where: whoever shows it reads no voucher for it. */
export const countedVouchers = `
CREATE TABLE voucher_counts (
  batch_id TEXT NOT NULL REFERENCES voucher_batches (id),
  state TEXT NOT NULL,
  vouchers INTEGER NOT NULL CHECK (vouchers >= 0),
  PRIMARY KEY (batch_id, state)
) STRICT, WITHOUT ROWID;
INSERT INTO voucher_counts SELECT batch_id, state, count(*) FROM vouchers GROUP BY batch_id, state;
CREATE TRIGGER voucher_counts_new AFTER INSERT ON vouchers BEGIN
  INSERT INTO voucher_counts VALUES (new.batch_id, new.state, 1) ON CONFLICT (batch_id, state) DO UPDATE SET vouchers = vouchers + 1;
END;
CREATE TRIGGER voucher_counts_moved AFTER UPDATE OF state ON vouchers WHEN new.state <> old.state BEGIN
  UPDATE voucher_counts SET vouchers = vouchers - 1 WHERE batch_id = old.batch_id AND state = old.state;
  INSERT INTO voucher_counts VALUES (new.batch_id, new.state, 1) ON CONFLICT (batch_id, state) DO UPDATE SET vouchers = vouchers + 1;
END;
CREATE TRIGGER voucher_counts_gone AFTER DELETE ON vouchers BEGIN
  UPDATE voucher_counts SET vouchers = vouchers - 1 WHERE batch_id = old.batch_id AND state = old.state;
END;
`
