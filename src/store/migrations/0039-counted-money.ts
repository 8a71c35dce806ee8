const ADDED = `
  INSERT INTO takings VALUES (new.arrived_at_ms / 900000, new.amount_cents, 1)
    ON CONFLICT (quarter) DO UPDATE SET cents = cents + excluded.cents, payments = payments + 1;
  INSERT INTO payer_months SELECT strftime('%Y-%m', new.arrived_at_ms / 1000 + 10800, 'unixepoch'), phone_number
    FROM payments WHERE id = new.payment_id AND phone_number IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payer_months AS known
      WHERE known.month = strftime('%Y-%m', new.arrived_at_ms / 1000 + 10800, 'unixepoch') AND known.phone_number = payments.phone_number);
`

/** What the dashboard says about money, added up when it is credited: a site with years of it is asked twice a minute. */
export const countedMoney = `
-- By the quarter of an hour since 1970 in which it arrived: the days of every time zone begin with one.
CREATE TABLE takings (
  quarter INTEGER PRIMARY KEY,
  cents INTEGER NOT NULL,
  payments INTEGER NOT NULL CHECK (payments > 0)
) STRICT;

-- Who paid in which month of the books, which have East African time.
CREATE TABLE payer_months (
  month TEXT NOT NULL,
  phone_number TEXT NOT NULL,
  PRIMARY KEY (month, phone_number)
) STRICT, WITHOUT ROWID;

-- again: who paid in the month before, too.
CREATE TABLE payer_counts (
  month TEXT PRIMARY KEY,
  payers INTEGER NOT NULL CHECK (payers > 0),
  again INTEGER NOT NULL CHECK (again BETWEEN 0 AND payers)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER payer_months_new AFTER INSERT ON payer_months BEGIN
  INSERT INTO payer_counts VALUES (new.month, 1, EXISTS (SELECT 1 FROM payer_months
      WHERE month = strftime('%Y-%m', new.month || '-01', '-1 month') AND phone_number = new.phone_number))
    ON CONFLICT (month) DO UPDATE SET payers = payers + 1, again = again + excluded.again;
  -- Money may be credited to a month that is over.
  UPDATE payer_counts SET again = again + 1 WHERE month = strftime('%Y-%m', new.month || '-01', '+1 month')
    AND EXISTS (SELECT 1 FROM payer_months WHERE month = payer_counts.month AND phone_number = new.phone_number);
END;

INSERT INTO takings SELECT arrived_at_ms / 900000, sum(amount_cents), count(*) FROM receipts WHERE payment_id IS NOT NULL GROUP BY 1;
INSERT INTO payer_months SELECT DISTINCT strftime('%Y-%m', arrived_at_ms / 1000 + 10800, 'unixepoch'), phone_number
  FROM receipts JOIN payments ON payments.id = payment_id
  WHERE phone_number IS NOT NULL AND arrived_at_ms > (SELECT max(arrived_at_ms) FROM receipts) - 63 * 86400000;

CREATE TRIGGER takings_new AFTER INSERT ON receipts WHEN new.payment_id IS NOT NULL BEGIN${ADDED}END;
CREATE TRIGGER takings_credited AFTER UPDATE OF payment_id ON receipts WHEN old.payment_id IS NULL AND new.payment_id IS NOT NULL BEGIN${ADDED}END;
CREATE TRIGGER takings_amended AFTER UPDATE OF amount_cents ON receipts
WHEN old.payment_id IS NOT NULL AND new.amount_cents <> old.amount_cents BEGIN
  UPDATE takings SET cents = cents + new.amount_cents - old.amount_cents WHERE quarter = new.arrived_at_ms / 900000;
END;

-- Paid for and not online yet: few of many.
CREATE INDEX grants_never_online ON grants (starts_at_ms) WHERE ended_at_ms IS NULL AND online_at_ms IS NULL;
CREATE INDEX messages_by_update ON messages (updated_at_ms, state);
`
