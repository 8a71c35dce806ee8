/** What head office tells by way of the cloud; what is counted or looked for without reading a year of payments. */
export const headOfficeAndCounts = `
-- Of refunds that head office has done, and of signed vouchers that are good no more.
CREATE TABLE cloud_inbox (
  id INTEGER PRIMARY KEY,
  topic TEXT NOT NULL CHECK (topic IN ('mpesa/refund', 'vouchers/ban')),
  -- The sender's own number of it: it counts once, however often it comes.
  message_id TEXT NOT NULL,
  -- The refund or the voucher.
  subject TEXT NOT NULL,
  body TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  repeats INTEGER NOT NULL DEFAULT 0,
  UNIQUE (topic, message_id)
) STRICT;
-- What a day's close looks through.
CREATE INDEX cloud_inbox_unsettled ON cloud_inbox (received_at_ms) WHERE outcome IN ('unknown', 'contradicts', 'not-weighed');

-- Why a refund failed, or what else was said of it.
ALTER TABLE refunds ADD COLUMN detail TEXT;
-- The site at which a signed voucher was used; null when head office withdrew it.
ALTER TABLE signed_voucher_bans ADD COLUMN used_at_site TEXT;

-- Money that is nobody's yet, by what it may be.
CREATE INDEX receipts_loose ON receipts (amount_cents, arrived_at_ms) WHERE payment_id IS NULL AND duplicate_of IS NULL;

-- How many payments stand where. A payment is never deleted.
CREATE TABLE payment_counts (state TEXT PRIMARY KEY, payments INTEGER NOT NULL CHECK (payments >= 0)) STRICT, WITHOUT ROWID;
INSERT INTO payment_counts SELECT state, count(*) FROM payments GROUP BY state;
CREATE TRIGGER payment_counts_new AFTER INSERT ON payments BEGIN
  INSERT INTO payment_counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET payments = payments + 1;
END;
CREATE TRIGGER payment_counts_moved AFTER UPDATE OF state ON payments WHEN new.state <> old.state BEGIN
  UPDATE payment_counts SET payments = payments - 1 WHERE state = old.state;
  INSERT INTO payment_counts VALUES (new.state, 1) ON CONFLICT (state) DO UPDATE SET payments = payments + 1;
END;
`
