/** What head office tells by way of the cloud: of refunds that it has done, and of signed vouchers that are good no more. */
export const cloudInbox = `
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
`
