/** How long after its first use a package may still be used, paused or not. */
export const validityWindows = `
ALTER TABLE packages ADD COLUMN valid_seconds INTEGER CHECK (valid_seconds >= duration_seconds);

-- Null: what is left is kept for as long as its clock stands still.
ALTER TABLE grants ADD COLUMN use_before_ms INTEGER CHECK (expires_at_ms <= use_before_ms);
CREATE INDEX grants_kept ON grants (use_before_ms) WHERE ended_at_ms IS NULL AND paused_at_ms IS NOT NULL;
`
