/** Which routers must sign their Access-Requests, and which have: a restart forgets neither. */
export const signingRouters = `
-- Null: as the site's setting says.
ALTER TABLE routers ADD COLUMN require_message_authenticator TEXT CHECK (require_message_authenticator IN ('auto', 'yes', 'no'));
ALTER TABLE routers ADD COLUMN signed_at_ms INTEGER;
`
