/** Money that two channels tell of, neither naming what the other names, is counted once; what could not be weighed waits. */
export const moneyToldTwice = `
CREATE INDEX receipts_duplicates ON receipts (duplicate_of) WHERE duplicate_of IS NOT NULL;
CREATE TRIGGER receipts_duplicate_one BEFORE UPDATE OF duplicate_of ON receipts
WHEN EXISTS (SELECT 1 FROM receipts WHERE duplicate_of = new.duplicate_of)
BEGIN SELECT RAISE(ABORT, 'this money has its number already'); END;
-- What pays a purchase without a word of M-PESA about a prompt of it.
CREATE INDEX receipts_by_hand ON receipts (arrived_at_ms) WHERE payment_id IS NOT NULL AND checkout_request_id IS NULL;

-- When M-PESA itself told of a receipt that a person had entered.
ALTER TABLE receipts ADD COLUMN confirmed_at_ms INTEGER;
CREATE INDEX receipts_unconfirmed ON receipts (arrived_at_ms) WHERE channel = 'manual' AND confirmed_at_ms IS NULL;

-- Where M-PESA's own list and ours differ, receipt by receipt, until a list says the same as we.
CREATE TABLE reconciliation_differences (
  receipt TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('not-in-the-books-of-mpesa', 'amount-differs')),
  channel TEXT NOT NULL CHECK (channel IN ('pull', 'statement')),
  -- What it is by M-PESA's list; none when that does not have it.
  listed_cents INTEGER,
  found_at_ms INTEGER NOT NULL,
  resolved_at_ms INTEGER,
  PRIMARY KEY (receipt, kind)
) STRICT, WITHOUT ROWID;
CREATE INDEX reconciliation_differences_open ON reconciliation_differences (found_at_ms) WHERE resolved_at_ms IS NULL;

-- What statements tell of money that went out of the M-PESA account, and of what the account held.
CREATE TABLE money_out (
  receipt TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('fee', 'bank', 'other')),
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  about_receipt TEXT,
  at_ms INTEGER NOT NULL,
  told_at_ms INTEGER NOT NULL,
  PRIMARY KEY (receipt, kind, amount_cents)
) STRICT, WITHOUT ROWID;
CREATE INDEX money_out_unexplained ON money_out (at_ms) WHERE kind = 'other';
CREATE TABLE statement_balances (
  at_ms INTEGER PRIMARY KEY,
  cents INTEGER NOT NULL,
  told_at_ms INTEGER NOT NULL
) STRICT;

-- What a day's close looks through.
CREATE INDEX grant_parts_by_time ON grant_parts (given_at_ms);
CREATE INDEX subscription_history_of_payments ON subscription_history (at_ms) WHERE payment_id IS NOT NULL;

-- Messages that our own code failed at.
CREATE INDEX callback_inbox_unweighed ON callback_inbox (received_at_ms) WHERE outcome = 'not-weighed';
CREATE INDEX money_inbox_unweighed ON money_inbox (received_at_ms) WHERE outcome = 'not-weighed';
`
