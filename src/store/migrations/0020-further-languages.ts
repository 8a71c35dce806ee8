/** In which language a phone is written to: which there are, the texts say, so that a further one changes no table. */
export const furtherLanguages = `
CREATE TABLE phone_languages_new (
  phone_number TEXT PRIMARY KEY CHECK (phone_number GLOB '254[17]????????'),
  language TEXT NOT NULL CHECK (length(language) BETWEEN 2 AND 8)
) STRICT, WITHOUT ROWID;
INSERT INTO phone_languages_new SELECT phone_number, language FROM phone_languages;
DROP TABLE phone_languages;
ALTER TABLE phone_languages_new RENAME TO phone_languages;
`
