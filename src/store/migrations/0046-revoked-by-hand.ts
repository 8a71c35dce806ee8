/** What the staff revoked stays so, whatever becomes of the money. */
export const revokedByHand = `
ALTER TABLE grants ADD COLUMN revoked_by_hand INTEGER NOT NULL DEFAULT 0 CHECK (revoked_by_hand IN (0, 1));
-- It ended, but for no refund; or somebody asked for that when it was over already.
UPDATE grants SET revoked_by_hand = 1
  WHERE ended_at_ms IS NOT NULL AND id IN (SELECT grant_id FROM grant_parts)
    AND (end_reason = 'revoked' AND ended_at_ms IS NOT (SELECT max(withdrawn_at_ms) FROM grant_parts WHERE grant_id = grants.id)
      OR id IN (SELECT substr(subject, length('grant ') + 1) FROM audit WHERE action = 'grant.revoke'));

ALTER TABLE vouchers ADD COLUMN revoked_by_hand INTEGER NOT NULL DEFAULT 0 CHECK (revoked_by_hand IN (0, 1));
-- Its money is not on its way back.
UPDATE vouchers SET revoked_by_hand = 1
  WHERE state = 'revoked' AND batch_id IN (SELECT voucher_batch_id FROM payment_purposes JOIN payments ON payments.id = payment_id
    WHERE payments.state IN ('PAID', 'FULFILLED'));
`
