/** What the settings page has changed; file and environment win over it. `value` is JSON. */
export const doors = `
CREATE TABLE settings (
  section TEXT NOT NULL,
  key TEXT NOT NULL,
  value TEXT NOT NULL CHECK (json_valid(value)),
  changed_at_ms INTEGER NOT NULL,
  PRIMARY KEY (section, key)
) STRICT, WITHOUT ROWID;
`
