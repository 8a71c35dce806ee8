/** What 0046 could not see of what the staff revoked: subscriptions, whose grants have no parts, and vouchers that were in use. */
export const revokedInUse = `
-- Its right ended in the very commit in which somebody asked for that.
UPDATE grants SET revoked_by_hand = 1
  WHERE end_reason = 'revoked' AND id IN (SELECT grant_id FROM subscriptions)
    AND (id, ended_at_ms) IN (SELECT substr(subject, length('grant ') + 1), at_ms FROM audit WHERE action = 'grant.revoke');

-- It gives nothing any more, though its money is not on its way back.
UPDATE vouchers SET revoked_by_hand = 1
  WHERE state = 'redeemed' AND CAST(id AS TEXT) IN (SELECT source_id FROM grant_parts WHERE source = 'voucher' AND withdrawn_at_ms IS NOT NULL)
    AND batch_id IN (SELECT voucher_batch_id FROM payment_purposes JOIN payments ON payments.id = payment_id
      WHERE payments.state IN ('PAID', 'FULFILLED'));
`
