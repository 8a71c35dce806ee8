/** All the ways money speaks, refunds, the audit's chain and the books. */
export const money = `
-- money that no prompt asked for ----------------------------------------------------------------------------------
ALTER TABLE receipts ADD COLUMN bill_reference TEXT;
ALTER TABLE receipts ADD COLUMN payer_sha256 BLOB CHECK (length(payer_sha256) = 32);
ALTER TABLE receipts ADD COLUMN payer_masked TEXT;
-- The purchase it was about when it did not fit; it is not paid by it.
ALTER TABLE receipts ADD COLUMN about_payment_id TEXT REFERENCES payments (id);
-- The same money, told earlier by the query, which knows no number: that one counts.
ALTER TABLE receipts ADD COLUMN duplicate_of INTEGER REFERENCES receipts (id);
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

-- What was said of the payers is forgotten after a while.
CREATE INDEX money_inbox_bodies ON money_inbox (received_at_ms) WHERE body <> '';
CREATE INDEX callback_inbox_bodies ON callback_inbox (received_at_ms) WHERE body <> '';

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
CREATE TRIGGER refunds_need_a_second_person BEFORE UPDATE ON refunds
WHEN new.needs_approval < old.needs_approval OR new.requested_by <> old.requested_by
  OR (new.state NOT IN ('requested', 'refused') AND new.needs_approval = 1 AND new.decided_by IS NULL)
BEGIN SELECT RAISE(ABORT, 'this refund needs a second person'); END;
CREATE TRIGGER refunds_are_whole BEFORE INSERT ON refunds
WHEN new.amount_cents IS NOT (SELECT amount_cents FROM receipts WHERE id = new.receipt_id)
  OR (new.state NOT IN ('requested', 'refused') AND new.needs_approval = 1 AND new.decided_by IS NULL)
BEGIN SELECT RAISE(ABORT, 'a refund gives back the whole receipt, and waits for a second person where it must'); END;
CREATE TRIGGER refunds_are_final BEFORE UPDATE ON refunds
WHEN old.state IN ('done', 'refused', 'failed') OR old.receipt_id <> new.receipt_id OR old.amount_cents <> new.amount_cents
BEGIN SELECT RAISE(ABORT, 'what was refunded never changes'); END;
CREATE TRIGGER refunds_stay BEFORE DELETE ON refunds BEGIN SELECT RAISE(ABORT, 'a refund is never deleted'); END;
-- Money that is on its way back pays for nothing.
CREATE TRIGGER receipts_pay_or_go_back BEFORE UPDATE OF payment_id ON receipts
WHEN new.payment_id IS NOT NULL AND EXISTS (SELECT 1 FROM refunds WHERE receipt_id = new.id AND state IN ('requested', 'sent', 'uncertain', 'done'))
BEGIN SELECT RAISE(ABORT, 'this money is being given back'); END;
-- Nor is it money that was counted already.
CREATE TRIGGER receipts_duplicate_nothing_used BEFORE UPDATE OF duplicate_of ON receipts
WHEN old.payment_id IS NOT NULL OR old.duplicate_of IS NOT NULL
  OR EXISTS (SELECT 1 FROM refunds WHERE receipt_id = old.id AND state IN ('requested', 'sent', 'uncertain', 'done'))
  OR NOT EXISTS (SELECT 1 FROM receipts AS first WHERE first.id = new.duplicate_of AND first.receipt IS NULL AND first.amount_cents = old.amount_cents)
BEGIN SELECT RAISE(ABORT, 'this money stands for itself'); END;

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

-- the books -------------------------------------------------------------------------------------------------------
-- Assets and expenses are positive, liabilities and income negative; every transaction sums to zero.
CREATE TABLE ledger_transactions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  dedupe_key TEXT NOT NULL UNIQUE,
  business_day TEXT NOT NULL CHECK (business_day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  at_ms INTEGER NOT NULL,
  posted INTEGER NOT NULL DEFAULT 0 CHECK (posted IN (0, 1))
) STRICT;
CREATE INDEX ledger_by_day ON ledger_transactions (business_day);
CREATE TABLE ledger_entries (
  transaction_id INTEGER NOT NULL REFERENCES ledger_transactions (id),
  account TEXT NOT NULL CHECK (account IN ('mpesa_float', 'bank', 'prepaid', 'unallocated', 'refund_due', 'wifi_sales', 'mpesa_fees')),
  amount_cents INTEGER NOT NULL CHECK (amount_cents <> 0),
  PRIMARY KEY (transaction_id, account)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER ledger_starts_open BEFORE INSERT ON ledger_transactions WHEN new.posted <> 0
BEGIN SELECT RAISE(ABORT, 'a transaction is posted with its entries'); END;
CREATE TRIGGER ledger_balances BEFORE UPDATE ON ledger_transactions
WHEN old.posted = 1 OR new.posted <> 1 OR new.dedupe_key <> old.dedupe_key OR new.business_day <> old.business_day OR new.at_ms <> old.at_ms
  OR (SELECT count(*) < 2 OR sum(amount_cents) <> 0 FROM ledger_entries WHERE transaction_id = old.id)
BEGIN SELECT RAISE(ABORT, 'a transaction has two sides that sum to zero, and is final'); END;
CREATE TRIGGER ledger_stays BEFORE DELETE ON ledger_transactions BEGIN SELECT RAISE(ABORT, 'the books are never deleted'); END;
CREATE TRIGGER ledger_entries_come_first BEFORE INSERT ON ledger_entries
WHEN (SELECT posted FROM ledger_transactions WHERE id = new.transaction_id) <> 0
BEGIN SELECT RAISE(ABORT, 'what is posted takes no more entries'); END;
CREATE TRIGGER ledger_entries_keep BEFORE UPDATE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'an entry never changes'); END;
CREATE TRIGGER ledger_entries_stay BEFORE DELETE ON ledger_entries BEGIN SELECT RAISE(ABORT, 'an entry is never deleted'); END;

CREATE TABLE settlement_days (
  day TEXT PRIMARY KEY CHECK (day GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'),
  report TEXT NOT NULL,
  report_sha256 BLOB NOT NULL CHECK (length(report_sha256) = 32),
  audit_head BLOB NOT NULL CHECK (length(audit_head) = 32),
  closed_at_ms INTEGER NOT NULL,
  signed_by TEXT,
  signed_at_ms INTEGER,
  CHECK ((signed_by IS NULL) = (signed_at_ms IS NULL))
) STRICT;
CREATE TRIGGER settlements_keep BEFORE UPDATE ON settlement_days
WHEN old.signed_by IS NOT NULL OR new.day <> old.day OR new.report <> old.report OR new.report_sha256 <> old.report_sha256
  OR new.audit_head <> old.audit_head OR new.closed_at_ms <> old.closed_at_ms
BEGIN SELECT RAISE(ABORT, 'a closed day never changes'); END;
CREATE TRIGGER settlements_stay BEFORE DELETE ON settlement_days BEGIN SELECT RAISE(ABORT, 'a closed day is never deleted'); END;
CREATE TRIGGER ledger_days_are_closed BEFORE INSERT ON ledger_transactions
WHEN EXISTS (SELECT 1 FROM settlement_days WHERE day >= new.business_day)
BEGIN SELECT RAISE(ABORT, 'this day is closed'); END;
CREATE INDEX receipts_by_arrival ON receipts (arrived_at_ms);
CREATE INDEX payments_undelivered ON payments (updated_at_ms) WHERE state = 'PAID';
CREATE INDEX payments_in_review ON payments (updated_at_ms) WHERE state = 'REVIEW';
CREATE INDEX payments_given_up ON payments (created_at_ms) WHERE state IN ('REJECTED', 'DECLINED', 'EXPIRED');
CREATE INDEX grants_by_start ON grants (starts_at_ms);

-- grants ----------------------------------------------------------------------------------------------------------
-- What each cause put into a grant. Each gives once: buying again extends the grant that runs.
CREATE TABLE grant_parts (
  source TEXT NOT NULL,
  source_id TEXT NOT NULL,
  grant_id TEXT NOT NULL REFERENCES grants (id),
  seconds INTEGER NOT NULL CHECK (seconds >= 0),
  bytes INTEGER CHECK (bytes > 0),
  given_at_ms INTEGER NOT NULL,
  withdrawn_at_ms INTEGER,
  PRIMARY KEY (source, source_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX grant_parts_of ON grant_parts (grant_id);
INSERT INTO grant_parts (source, source_id, grant_id, seconds, bytes, given_at_ms)
  SELECT source, source_id, id, (expires_at_ms - starts_at_ms) / 1000, data_limit_bytes, starts_at_ms FROM grants;
ALTER TABLE grants ADD COLUMN pausable INTEGER NOT NULL DEFAULT 0 CHECK (pausable IN (0, 1));
ALTER TABLE grants ADD COLUMN paused_at_ms INTEGER;
DROP INDEX grants_running;
CREATE INDEX grants_running ON grants (expires_at_ms) WHERE ended_at_ms IS NULL AND paused_at_ms IS NULL;

-- time ------------------------------------------------------------------------------------------------------------
CREATE TABLE clock_trust (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  state TEXT NOT NULL CHECK (state IN ('trusted', 'uncertain')),
  since_ms INTEGER NOT NULL
) STRICT;

-- vouchers --------------------------------------------------------------------------------------------------------
-- A voucher names the grant that it opened or extended; one that runs may be extended by several.
CREATE TABLE vouchers_now (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  batch_id TEXT NOT NULL REFERENCES voucher_batches (id),
  code TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL DEFAULT 'unused' CHECK (state IN ('unused', 'redeemed', 'revoked')),
  redeemed_at_ms INTEGER,
  grant_id TEXT REFERENCES grants (id),
  CHECK ((state = 'redeemed') = (grant_id IS NOT NULL))
) STRICT;
INSERT INTO vouchers_now SELECT id, batch_id, code, state, redeemed_at_ms, grant_id FROM vouchers;
DROP TABLE vouchers;
ALTER TABLE vouchers_now RENAME TO vouchers;
CREATE INDEX vouchers_of_batch ON vouchers (batch_id, id);
CREATE TABLE signed_voucher_bans (
  id TEXT PRIMARY KEY,
  at_ms INTEGER NOT NULL
) STRICT;

-- packages --------------------------------------------------------------------------------------------------------
-- What a package says beyond time, data and speed. No row: nothing.
CREATE TABLE package_terms (
  package_id INTEGER PRIMARY KEY REFERENCES packages (id) ON DELETE CASCADE,
  pausable INTEGER NOT NULL CHECK (pausable IN (0, 1)),
  burst_down_kbps INTEGER CHECK (burst_down_kbps > 0),
  burst_up_kbps INTEGER CHECK (burst_up_kbps > 0),
  burst_seconds INTEGER CHECK (burst_seconds > 0),
  idle_timeout_seconds INTEGER CHECK (idle_timeout_seconds > 0),
  fair_use_bytes INTEGER CHECK (fair_use_bytes > 0),
  fair_use_down_kbps INTEGER CHECK (fair_use_down_kbps > 0),
  fair_use_up_kbps INTEGER CHECK (fair_use_up_kbps > 0),
  CHECK (fair_use_bytes IS NULL OR fair_use_down_kbps IS NOT NULL OR fair_use_up_kbps IS NOT NULL)
) STRICT;
`
