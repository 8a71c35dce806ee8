/** A job that was ordered while it ran, and saw what was true before. */
export const runOnceMore = `
ALTER TABLE jobs ADD COLUMN again INTEGER NOT NULL DEFAULT 0 CHECK (again IN (0, 1));
`
