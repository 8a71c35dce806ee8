/**
 * All the ways money speaks, refunds, the audit's chain and the books.
 *
 * A CHECK or NOT NULL is loosened in the stored text of its table (SQLite, "ALTER TABLE", section 8): nothing is copied, so
 * columns that another migration added stay.
 */
export const money = `
PRAGMA writable_schema = ON;
-- Who pays by hand may be known by a hash or a masked number only.
UPDATE sqlite_schema SET sql = replace(replace(sql,
  'phone_number TEXT NOT NULL CHECK', 'phone_number TEXT CHECK'),
  'phone_sha256 BLOB NOT NULL CHECK', 'phone_sha256 BLOB CHECK')
WHERE type = 'table' AND name = 'payments';
PRAGMA writable_schema = RESET;

-- money that no prompt asked for ----------------------------------------------------------------------------------
ALTER TABLE receipts ADD COLUMN bill_reference TEXT;
ALTER TABLE receipts ADD COLUMN payer_sha256 BLOB CHECK (length(payer_sha256) = 32);
ALTER TABLE receipts ADD COLUMN payer_masked TEXT;
-- The purchase it was about when it did not fit; it is not paid by it.
ALTER TABLE receipts ADD COLUMN about_payment_id TEXT REFERENCES payments (id);
-- The same money, told earlier by the query, which knows no number: that one counts.
ALTER TABLE receipts ADD COLUMN duplicate_of INTEGER REFERENCES receipts (id);
CREATE TRIGGER receipts_duplicate_nothing_used BEFORE UPDATE OF duplicate_of ON receipts
WHEN old.payment_id IS NOT NULL OR old.duplicate_of IS NOT NULL
  OR NOT EXISTS (SELECT 1 FROM receipts AS first WHERE first.id = new.duplicate_of AND first.receipt IS NULL AND first.amount_cents = old.amount_cents)
BEGIN SELECT RAISE(ABORT, 'this money stands for itself'); END;
CREATE TRIGGER receipts_duplicate_pays_nothing BEFORE UPDATE OF payment_id ON receipts WHEN old.duplicate_of IS NOT NULL
BEGIN SELECT RAISE(ABORT, 'this money was counted already'); END;
CREATE INDEX receipts_unallocated ON receipts (id) WHERE payment_id IS NULL AND duplicate_of IS NULL;
CREATE INDEX receipts_about ON receipts (about_payment_id) WHERE about_payment_id IS NOT NULL;
CREATE INDEX receipts_by_time ON receipts (paid_at_ms) WHERE receipt IS NOT NULL;
CREATE INDEX payments_by_phone_hash ON payments (phone_sha256, created_at_ms) WHERE phone_sha256 IS NOT NULL;

-- Every message that told of money, as it came; a repeat is counted.
CREATE TABLE money_inbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL CHECK (channel IN ('c2b', 'pull', 'statement', 'manual')),
  body_sha256 BLOB NOT NULL CHECK (length(body_sha256) = 32),
  body TEXT NOT NULL,
  source TEXT NOT NULL,
  received_at_ms INTEGER NOT NULL,
  repeats INTEGER NOT NULL DEFAULT 0,
  outcome TEXT NOT NULL,
  UNIQUE (channel, body_sha256)
) STRICT;

-- Who, by which message, and a chain of hashes: nothing of the history can be changed or left out unseen.
ALTER TABLE payment_history ADD COLUMN by_whom TEXT NOT NULL DEFAULT 'mlango';
ALTER TABLE payment_history ADD COLUMN evidence TEXT;
ALTER TABLE payment_history ADD COLUMN previous_hash BLOB;
ALTER TABLE payment_history ADD COLUMN hash BLOB;
CREATE UNIQUE INDEX payment_history_by_hash ON payment_history (hash);
CREATE TRIGGER payment_history_is_a_chain BEFORE INSERT ON payment_history
WHEN new.hash IS NULL OR length(new.hash) <> 32
  OR new.previous_hash IS NOT coalesce((SELECT hash FROM payment_history ORDER BY id DESC LIMIT 1), zeroblob(32))
BEGIN SELECT RAISE(ABORT, 'history grows only at its end'); END;

-- refunds and verdicts ---------------------------------------------------------------------------------------------
CREATE TABLE refunds (
  id TEXT PRIMARY KEY,
  receipt_id INTEGER NOT NULL REFERENCES receipts (id),
  payment_id TEXT REFERENCES payments (id),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  state TEXT NOT NULL CHECK (state IN ('requested', 'sent', 'uncertain', 'done', 'refused', 'failed')),
  needs_approval INTEGER NOT NULL CHECK (needs_approval IN (0, 1)),
  reason TEXT NOT NULL CHECK (length(reason) > 0),
  requested_by TEXT NOT NULL,
  requested_at_ms INTEGER NOT NULL,
  decided_by TEXT CHECK (decided_by <> requested_by),
  decided_at_ms INTEGER,
  method TEXT CHECK (method IN ('reversal', 'b2c', 'manual')),
  reference TEXT,
  ended_at_ms INTEGER
) STRICT;
CREATE UNIQUE INDEX one_live_refund ON refunds (receipt_id) WHERE state IN ('requested', 'sent', 'uncertain', 'done');
CREATE INDEX refunds_of_payment ON refunds (payment_id) WHERE payment_id IS NOT NULL;
CREATE TRIGGER refunds_need_a_second_person BEFORE UPDATE OF state ON refunds
WHEN new.state = 'sent' AND new.needs_approval = 1 AND new.decided_by IS NULL
BEGIN SELECT RAISE(ABORT, 'this refund needs a second person'); END;
CREATE TRIGGER refunds_are_whole BEFORE INSERT ON refunds
WHEN new.amount_cents IS NOT (SELECT amount_cents FROM receipts WHERE id = new.receipt_id)
  OR (new.state = 'sent' AND new.needs_approval = 1)
BEGIN SELECT RAISE(ABORT, 'a refund gives back the whole receipt, and waits for a second person where it must'); END;
CREATE TRIGGER refunds_are_final BEFORE UPDATE ON refunds
WHEN old.state IN ('done', 'refused', 'failed') OR old.receipt_id <> new.receipt_id OR old.amount_cents <> new.amount_cents
BEGIN SELECT RAISE(ABORT, 'what was refunded never changes'); END;
CREATE TRIGGER refunds_stay BEFORE DELETE ON refunds BEGIN SELECT RAISE(ABORT, 'a refund is never deleted'); END;
-- Money that is on its way back pays for nothing.
CREATE TRIGGER receipts_pay_or_go_back BEFORE UPDATE OF payment_id ON receipts
WHEN new.payment_id IS NOT NULL AND EXISTS (SELECT 1 FROM refunds WHERE receipt_id = new.id AND state IN ('requested', 'sent', 'uncertain', 'done'))
BEGIN SELECT RAISE(ABORT, 'this money is being given back'); END;

-- An operator's word that a receipt pays a purchase although the amounts differ.
CREATE TABLE payment_verdicts (
  payment_id TEXT PRIMARY KEY REFERENCES payments (id),
  receipt_id INTEGER NOT NULL UNIQUE REFERENCES receipts (id),
  by_whom TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (length(reason) > 0),
  at_ms INTEGER NOT NULL
) STRICT;
CREATE TRIGGER payment_verdicts_keep BEFORE UPDATE ON payment_verdicts BEGIN SELECT RAISE(ABORT, 'a verdict never changes'); END;
DROP TRIGGER receipts_pay_exactly_later;
CREATE TRIGGER receipts_pay_exactly_later BEFORE UPDATE OF payment_id ON receipts
WHEN new.payment_id IS NOT NULL AND new.amount_cents IS NOT (SELECT amount_cents FROM payments WHERE id = new.payment_id)
  AND NOT EXISTS (SELECT 1 FROM payment_verdicts WHERE payment_id = new.payment_id AND receipt_id = new.id)
BEGIN SELECT RAISE(ABORT, 'a payment is paid with exactly its price'); END;

CREATE TABLE reconciliation_runs (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  channel TEXT NOT NULL CHECK (channel IN ('pull', 'statement')),
  from_ms INTEGER NOT NULL,
  until_ms INTEGER NOT NULL,
  matched INTEGER NOT NULL,
  missing_here INTEGER NOT NULL,
  missing_there INTEGER NOT NULL,
  amount_differs INTEGER NOT NULL,
  ran_at_ms INTEGER NOT NULL
) STRICT;
`
