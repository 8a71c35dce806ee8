/** Whom a router asks for the time of day that asks nobody yet. */
export const TIME_SERVERS = '0.pool.ntp.org,1.pool.ntp.org'
