/** What the number of money brings that only M-PESA's query had told of. */
export const amountsToldLater = `
-- The query names no amount: the price was written down. Until the number is told, and with it what has moved.
DROP TRIGGER receipts_keep;
CREATE TRIGGER receipts_keep BEFORE UPDATE OF receipt, checkout_request_id, amount_cents ON receipts
WHEN coalesce(old.receipt, new.receipt) IS NOT new.receipt OR coalesce(old.checkout_request_id, new.checkout_request_id) IS NOT new.checkout_request_id
  OR (old.amount_cents <> new.amount_cents AND (old.receipt IS NOT NULL OR old.channel <> 'stk_query'
    OR EXISTS (SELECT 1 FROM receipts AS told WHERE told.duplicate_of = old.id)
    OR EXISTS (SELECT 1 FROM refunds WHERE receipt_id = old.id AND state IN ('requested', 'sent', 'uncertain', 'done'))))
BEGIN SELECT RAISE(ABORT, 'money that came never changes'); END;

-- Used by no question.
DROP INDEX cloud_inbox_unsettled;
`
