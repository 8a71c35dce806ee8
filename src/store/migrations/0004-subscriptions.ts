/** Customers and their subscriptions; what a subscription is paid for, and how it came to its state. Packages on a timetable. */
export const subscriptions = `
ALTER TABLE packages ADD COLUMN grace_days INTEGER NOT NULL DEFAULT 3 CHECK (grace_days BETWEEN 0 AND 60);
ALTER TABLE packages ADD COLUMN scheduled_activation_at_ms INTEGER;
ALTER TABLE packages ADD COLUMN scheduled_deactivation_at_ms INTEGER;
CREATE INDEX packages_on_a_timetable ON packages (id)
  WHERE scheduled_activation_at_ms IS NOT NULL OR scheduled_deactivation_at_ms IS NOT NULL;
-- When it was noted that the codes of the batch can no longer be redeemed.
ALTER TABLE voucher_batches ADD COLUMN expired_at_ms INTEGER;
CREATE INDEX voucher_batches_by_expiry ON voucher_batches (expires_at_ms) WHERE expires_at_ms IS NOT NULL AND expired_at_ms IS NULL;

-- What the dashboard adds up.
CREATE INDEX receipts_credited ON receipts (arrived_at_ms, amount_cents) WHERE payment_id IS NOT NULL;
CREATE INDEX sessions_by_start ON sessions (started_at_ms);
CREATE INDEX operators_suspended ON operators (suspended_until_ms) WHERE suspended_until_ms IS NOT NULL;

CREATE TABLE customers (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  phone_number TEXT NOT NULL UNIQUE CHECK (phone_number GLOB '254[17]????????'),
  name TEXT NOT NULL DEFAULT '',
  created_at_ms INTEGER NOT NULL
) STRICT;

-- The right to be online, the user name and the password stand on the grant; a subscription has one for its whole life.
CREATE TABLE subscriptions (
  id TEXT PRIMARY KEY,
  account_number TEXT NOT NULL UNIQUE CHECK (length(account_number) BETWEEN 1 AND 12),
  customer_id INTEGER NOT NULL REFERENCES customers (id),
  package_id INTEGER NOT NULL REFERENCES packages (id),
  grant_id TEXT NOT NULL UNIQUE REFERENCES grants (id),
  state TEXT NOT NULL DEFAULT 'disconnected',
  starts_at_ms INTEGER NOT NULL,
  paid_until_ms INTEGER,
  renewed_at_ms INTEGER,
  grace_days INTEGER NOT NULL CHECK (grace_days BETWEEN 0 AND 60),
  suspended_at_ms INTEGER,
  disconnected_at_ms INTEGER,
  disconnection_reason TEXT CHECK (disconnection_reason IN ('unpaid', 'not-started', 'time-used', 'data-used', 'revoked')),
  created_at_ms INTEGER NOT NULL,
  CHECK ((state = 'suspended') = (suspended_at_ms IS NOT NULL)),
  CHECK ((state IN ('disconnected', 'expired')) = (disconnected_at_ms IS NOT NULL)),
  CHECK ((disconnected_at_ms IS NULL) = (disconnection_reason IS NULL)),
  CHECK (state NOT IN ('active', 'grace') OR paid_until_ms IS NOT NULL)
) STRICT;
CREATE INDEX subscriptions_of_customer ON subscriptions (customer_id);
CREATE INDEX subscriptions_by_end ON subscriptions (state, paid_until_ms);
CREATE INDEX subscriptions_down ON subscriptions (disconnected_at_ms) WHERE state = 'disconnected';
CREATE INDEX subscriptions_by_time ON subscriptions (created_at_ms, id);

CREATE TABLE subscription_moves (from_state TEXT NOT NULL, to_state TEXT NOT NULL, PRIMARY KEY (from_state, to_state)) STRICT, WITHOUT ROWID;
INSERT INTO subscription_moves VALUES
  ('active', 'grace'), ('active', 'disconnected'), ('active', 'suspended'), ('active', 'cancelled'),
  ('grace', 'active'), ('grace', 'disconnected'), ('grace', 'suspended'), ('grace', 'cancelled'),
  ('disconnected', 'active'), ('disconnected', 'suspended'), ('disconnected', 'expired'), ('disconnected', 'cancelled'),
  ('suspended', 'active'), ('suspended', 'grace'), ('suspended', 'disconnected'), ('suspended', 'cancelled'),
  ('expired', 'active'), ('expired', 'cancelled');
CREATE TRIGGER subscriptions_start_disconnected BEFORE INSERT ON subscriptions WHEN new.state <> 'disconnected'
BEGIN SELECT RAISE(ABORT, 'a subscription starts as disconnected'); END;
CREATE TRIGGER subscriptions_move_as_allowed BEFORE UPDATE OF state ON subscriptions
WHEN new.state <> old.state AND NOT EXISTS (SELECT 1 FROM subscription_moves WHERE from_state = old.state AND to_state = new.state)
BEGIN SELECT RAISE(ABORT, 'this subscription may not move that way'); END;
CREATE TRIGGER subscriptions_are_who_they_are BEFORE UPDATE OF id, account_number, customer_id, grant_id ON subscriptions
BEGIN SELECT RAISE(ABORT, 'whose subscription it is never changes'); END;
CREATE TRIGGER subscriptions_cancelled_are_over BEFORE UPDATE OF paid_until_ms ON subscriptions
WHEN old.state = 'cancelled' AND new.paid_until_ms IS NOT old.paid_until_ms
BEGIN SELECT RAISE(ABORT, 'a cancelled subscription is over'); END;
CREATE TRIGGER subscriptions_stay BEFORE DELETE ON subscriptions BEGIN SELECT RAISE(ABORT, 'a subscription is never deleted'); END;
CREATE TRIGGER grants_of_subscriptions_open BEFORE UPDATE OF ended_at_ms ON grants
WHEN old.ended_at_ms IS NOT NULL AND new.ended_at_ms IS NULL
  AND EXISTS (SELECT 1 FROM subscriptions WHERE grant_id = new.id AND state NOT IN ('active', 'grace'))
BEGIN SELECT RAISE(ABORT, 'only a running subscription opens its grant again'); END;

-- Only grows. One payment renews one subscription once.
CREATE TABLE subscription_history (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
  event TEXT NOT NULL,
  from_state TEXT NOT NULL,
  to_state TEXT NOT NULL,
  package_id INTEGER NOT NULL REFERENCES packages (id),
  paid_until_ms INTEGER,
  payment_id TEXT UNIQUE REFERENCES payments (id),
  seconds INTEGER,
  bytes INTEGER,
  -- The renewal that was taken back, or given back.
  about_payment_id TEXT REFERENCES payments (id),
  detail TEXT NOT NULL,
  at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX subscription_history_of ON subscription_history (subscription_id, id);
CREATE INDEX subscription_history_about ON subscription_history (about_payment_id, id) WHERE about_payment_id IS NOT NULL;
CREATE TRIGGER subscription_history_keeps BEFORE UPDATE ON subscription_history BEGIN SELECT RAISE(ABORT, 'history never changes'); END;
CREATE TRIGGER subscription_history_stays BEFORE DELETE ON subscription_history BEGIN SELECT RAISE(ABORT, 'history is never deleted'); END;

-- One notice of each kind and day for one paid time, whatever runs twice.
CREATE TABLE subscription_notices (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  subscription_id TEXT NOT NULL REFERENCES subscriptions (id),
  paid_until_ms INTEGER NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('due', 'grace')),
  days INTEGER NOT NULL CHECK (days >= 0),
  created_at_ms INTEGER NOT NULL,
  UNIQUE (subscription_id, paid_until_ms, kind, days)
) STRICT;

-- What a payment is for, when its payer said so.
CREATE TABLE payment_purposes (
  payment_id TEXT PRIMARY KEY REFERENCES payments (id),
  account_number TEXT,
  voucher_phone_number TEXT CHECK (voucher_phone_number GLOB '254[17]????????'),
  voucher_batch_id TEXT UNIQUE REFERENCES voucher_batches (id),
  CHECK ((account_number IS NULL) <> (voucher_phone_number IS NULL))
) STRICT;
`
