/** Access before the money is known of: who has it, and who may not have it again. */
export const provisionalAccess = `
CREATE TABLE provisional_access (
  payment_id TEXT PRIMARY KEY REFERENCES payments (id),
  grant_id TEXT NOT NULL UNIQUE REFERENCES grants (id),
  phone_number TEXT NOT NULL,
  mac_address TEXT NOT NULL CHECK (length(mac_address) = 17),
  -- What the site stands to lose.
  amount_cents INTEGER NOT NULL CHECK (amount_cents > 0),
  because TEXT NOT NULL CHECK (because IN ('checkout', 'uncertain')),
  -- open: nobody knows yet. failed: M-PESA says that it was not paid. paid: it was. forgiven: its holder has paid for something since.
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'failed', 'paid', 'forgiven')),
  opened_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- Who has not paid for the last one gets no other.
CREATE UNIQUE INDEX provisional_once_by_phone ON provisional_access (phone_number) WHERE state IN ('open', 'failed');
CREATE UNIQUE INDEX provisional_once_by_device ON provisional_access (mac_address) WHERE state IN ('open', 'failed');
CREATE INDEX provisional_open ON provisional_access (payment_id) WHERE state = 'open';
`
