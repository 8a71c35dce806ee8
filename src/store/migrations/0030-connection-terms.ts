/** Address pools, profiles and lists of a router: what a package sells, what a connection has of its own, and the wall it may stand behind. */
export const connectionTerms = `
ALTER TABLE package_terms ADD COLUMN framed_pool TEXT;
ALTER TABLE package_terms ADD COLUMN router_group TEXT;
ALTER TABLE package_terms ADD COLUMN address_list TEXT;
ALTER TABLE package_terms ADD COLUMN grace_router_group TEXT;
ALTER TABLE package_terms ADD COLUMN grace_address_list TEXT;
ALTER TABLE package_terms ADD COLUMN suspended_router_group TEXT;
ALTER TABLE package_terms ADD COLUMN suspended_address_list TEXT;

ALTER TABLE grant_terms ADD COLUMN grace_router_group TEXT;
ALTER TABLE grant_terms ADD COLUMN grace_address_list TEXT;
ALTER TABLE grant_terms ADD COLUMN suspended_router_group TEXT;
ALTER TABLE grant_terms ADD COLUMN suspended_address_list TEXT;
-- An address is never sold with a package; nothing has ever written one here.
ALTER TABLE grant_terms DROP COLUMN framed_ip_address;

-- What a connection has of its own, whatever package it runs on. Null: as the package says.
CREATE TABLE connection_terms (
  grant_id TEXT PRIMARY KEY REFERENCES grants (id) ON DELETE CASCADE,
  framed_ip_address TEXT,
  framed_pool TEXT,
  router_group TEXT,
  address_list TEXT,
  grace_router_group TEXT,
  grace_address_list TEXT,
  suspended_router_group TEXT,
  suspended_address_list TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX connection_terms_by_address ON connection_terms (framed_ip_address) WHERE framed_ip_address IS NOT NULL;
`
