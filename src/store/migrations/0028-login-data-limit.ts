/** How much data a session's router was told at its login: what is bought later it does not know of. */
export const loginDataLimit = `
ALTER TABLE sessions ADD COLUMN limit_bytes INTEGER CHECK (limit_bytes >= 0);
`
