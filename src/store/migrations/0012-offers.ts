/** Packages that cost nothing, once for each phone and each device; and hours of the week in which a package is on sale. */
export const offers = `
-- A price of 0 is allowed: the column is made anew, because a rule on a column cannot be changed.
ALTER TABLE packages RENAME COLUMN price_cents TO price_cents_before;
ALTER TABLE packages ADD COLUMN price_cents INTEGER NOT NULL DEFAULT 0 CHECK (price_cents >= 0 AND price_cents % 100 = 0);
UPDATE packages SET price_cents = price_cents_before;
ALTER TABLE packages DROP COLUMN price_cents_before;
CREATE TRIGGER packages_free_for_hotspots BEFORE INSERT ON packages WHEN new.price_cents = 0 AND new.type <> 'hotspot'
BEGIN SELECT RAISE(ABORT, 'only a hotspot package may cost nothing'); END;
CREATE TRIGGER packages_free_for_hotspots_later BEFORE UPDATE OF price_cents, type ON packages WHEN new.price_cents = 0 AND new.type <> 'hotspot'
BEGIN SELECT RAISE(ABORT, 'only a hotspot package may cost nothing'); END;

-- In site time, minutes since midnight; days are bits, Monday 1 to Sunday 64. All three or none: always on sale.
ALTER TABLE packages ADD COLUMN sale_days INTEGER CHECK (sale_days BETWEEN 1 AND 127);
ALTER TABLE packages ADD COLUMN sale_from_minute INTEGER CHECK (sale_from_minute BETWEEN 0 AND 1439);
ALTER TABLE packages ADD COLUMN sale_until_minute INTEGER
  CHECK (sale_until_minute BETWEEN 1 AND 1440 AND sale_until_minute <> sale_from_minute)
  CHECK ((sale_until_minute IS NULL) = (sale_from_minute IS NULL) AND (sale_until_minute IS NULL) = (sale_days IS NULL));

-- What was given for nothing. No money moves, so it is no payment; its id and its grant look like one's.
CREATE TABLE trials (
  id TEXT PRIMARY KEY,
  client_key TEXT UNIQUE,
  package_id INTEGER NOT NULL REFERENCES packages (id),
  router_id INTEGER REFERENCES routers (id) ON DELETE SET NULL,
  phone_number TEXT NOT NULL CHECK (phone_number GLOB '254[17]????????'),
  mac_address TEXT NOT NULL CHECK (length(mac_address) = 17),
  currency TEXT NOT NULL,
  created_at_ms INTEGER NOT NULL,
  UNIQUE (package_id, phone_number),
  UNIQUE (package_id, mac_address)
) STRICT;
CREATE TRIGGER trials_keep BEFORE UPDATE OF id, package_id, phone_number, mac_address ON trials
BEGIN SELECT RAISE(ABORT, 'a trial that was given never changes'); END;
CREATE TRIGGER trials_stay BEFORE DELETE ON trials BEGIN SELECT RAISE(ABORT, 'a trial that was given is never forgotten'); END;
`
