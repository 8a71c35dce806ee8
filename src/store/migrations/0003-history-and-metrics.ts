/** What was restored and when, and how the box itself fared. */
export const historyAndMetrics = `
-- A restored file says so itself: between the last entry of the backup and the restore, facts are missing.
CREATE TABLE restores (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  reason TEXT NOT NULL CHECK (reason IN ('damaged', 'asked')),
  backup TEXT NOT NULL,
  backup_seq INTEGER NOT NULL,
  backup_at_ms INTEGER NOT NULL,
  restored_at_ms INTEGER NOT NULL,
  recorded INTEGER NOT NULL DEFAULT 0 CHECK (recorded IN (0, 1))
) STRICT;

CREATE TABLE system_metrics (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms INTEGER NOT NULL,
  sample TEXT NOT NULL
) STRICT;
`
