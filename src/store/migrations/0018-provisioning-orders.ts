/** Orders to set a router up that are not done yet, and which job sets one up. */
export const provisioningOrders = `
-- Kept here, not in the job: one that waits already takes nothing more, and one that is lost loses nothing.
ALTER TABLE router_wishes ADD COLUMN order_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE router_wishes ADD COLUMN due TEXT CHECK (due IN ('asked', 'adopted'));
ALTER TABLE router_wishes ADD COLUMN secrets_due INTEGER NOT NULL DEFAULT 0 CHECK (secrets_due IN (0, 1));

ALTER TABLE provisionings ADD COLUMN job_id INTEGER;
`
