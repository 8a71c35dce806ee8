/** Outages, and access that lost time in them, whose clock is set before the time is given back, or after. */
export const outagesByAWrongClock = `
-- So much earlier, or later, it was than the clock of then said. Told again under its first times, it is the same.
ALTER TABLE outages ADD COLUMN moved_ms INTEGER NOT NULL DEFAULT 0;
-- When access was opened that is counted from a later start.
ALTER TABLE grants ADD COLUMN opened_at_ms INTEGER;
`
