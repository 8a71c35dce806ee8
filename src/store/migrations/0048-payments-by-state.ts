/** The few of a rare state are found among a year of payments. What was interrupted is found by it, too. */
export const paymentsByState = `
CREATE INDEX payments_by_state ON payments (state, created_at_ms);
DROP INDEX payments_interrupted;
`
