/** The number of money that only M-PESA's query had told of, and of money that went back; what a start knows of the time. */
export const toldLater = `
-- The query names no amount: the price was written down. Until the number is told, and with it what has moved.
DROP TRIGGER receipts_keep;
CREATE TRIGGER receipts_keep BEFORE UPDATE OF receipt, checkout_request_id, amount_cents ON receipts
WHEN coalesce(old.receipt, new.receipt) IS NOT new.receipt OR coalesce(old.checkout_request_id, new.checkout_request_id) IS NOT new.checkout_request_id
  OR (old.amount_cents <> new.amount_cents AND (old.receipt IS NOT NULL OR old.channel <> 'stk_query'
    OR EXISTS (SELECT 1 FROM receipts AS told WHERE told.duplicate_of = old.id)
    OR EXISTS (SELECT 1 FROM refunds WHERE receipt_id = old.id AND state IN ('requested', 'sent', 'uncertain', 'done'))))
BEGIN SELECT RAISE(ABORT, 'money that came never changes'); END;

-- What went back may have been told of before M-PESA's number for it was known.
DROP TRIGGER refunds_are_final;
CREATE TRIGGER refunds_are_final BEFORE UPDATE OF id, receipt_id, payment_id, amount_cents, state, needs_approval, reason, requested_by,
  requested_at_ms, decided_by, decided_at_ms, method, detail, ended_at_ms ON refunds
WHEN old.state IN ('done', 'refused', 'failed') OR old.receipt_id <> new.receipt_id OR old.amount_cents <> new.amount_cents
BEGIN SELECT RAISE(ABORT, 'what was refunded never changes'); END;
CREATE TRIGGER refunds_keep_number BEFORE UPDATE OF reference ON refunds
WHEN old.state IN ('refused', 'failed') OR (old.state = 'done' AND old.reference IS NOT NULL)
BEGIN SELECT RAISE(ABORT, 'what was refunded never changes'); END;

-- When the daemon started it cannot have been earlier than that, however much its clock was ahead.
ALTER TABLE boots ADD COLUMN earliest_ms INTEGER;

-- Used by no question.
DROP INDEX cloud_inbox_unsettled;
`
