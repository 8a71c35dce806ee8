/** What is bought for a subscription while paid time is left begins when that time is over. Packages whose clock stands still while nobody is online. */
export const periodsAndPauses = `
CREATE TABLE subscription_periods (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
  -- Null for the rest of a period that was broken off because its data was used up.
  payment_id TEXT UNIQUE REFERENCES payments (id),
  package_id INTEGER NOT NULL REFERENCES packages (id),
  duration_ms INTEGER NOT NULL CHECK (duration_ms > 0),
  used_bytes INTEGER NOT NULL DEFAULT 0 CHECK (used_bytes >= 0),
  -- As it was sold.
  terms TEXT NOT NULL CHECK (json_valid(terms)),
  state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'begun', 'withdrawn'))
) STRICT;
CREATE INDEX subscription_periods_waiting ON subscription_periods (subscription_id, id) WHERE state = 'waiting';
CREATE TRIGGER subscription_periods_keep BEFORE UPDATE OF subscription_id, payment_id, package_id, duration_ms, terms ON subscription_periods
BEGIN SELECT RAISE(ABORT, 'what was bought never changes'); END;
CREATE TRIGGER subscription_periods_begin_once BEFORE UPDATE OF state ON subscription_periods WHEN old.state = 'begun' AND new.state <> 'begun'
BEGIN SELECT RAISE(ABORT, 'what has begun does not wait again'); END;
CREATE TRIGGER subscription_periods_stay BEFORE DELETE ON subscription_periods BEGIN SELECT RAISE(ABORT, 'what was bought is never deleted'); END;

-- A grant whose clock stands still because its last session ended has a paused_at_ms and nobody in paused_by.
ALTER TABLE package_terms ADD COLUMN pauses_offline INTEGER NOT NULL DEFAULT 0 CHECK (pauses_offline IN (0, 1));
ALTER TABLE grants ADD COLUMN pauses_offline INTEGER NOT NULL DEFAULT 0 CHECK (pauses_offline IN (0, 1));
CREATE INDEX grants_offline ON grants (mac_address) WHERE paused_at_ms IS NOT NULL AND paused_by IS NULL;
`
