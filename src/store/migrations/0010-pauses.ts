/** Who stopped a grant's clock, and whether its user name is a code with which its holder comes back. */
export const pauses = `
ALTER TABLE grants ADD COLUMN paused_by TEXT CHECK (paused_by IN ('holder', 'operator'));
UPDATE grants SET paused_by = 'operator' WHERE paused_at_ms IS NOT NULL;

-- A code of our own making. A name that somebody chose, or an account number that others know, opens nothing by itself.
ALTER TABLE grants ADD COLUMN username_is_code INTEGER NOT NULL DEFAULT 1 CHECK (username_is_code IN (0, 1));
UPDATE grants SET username_is_code = 0 WHERE source = 'operator' OR id IN (SELECT grant_id FROM subscriptions);
`
