/** Preloaded into the daemon's threads: its wall clock is ahead of this machine's, as after a time without power. */
const aheadMs = Number(process.env.CLOCK_AHEAD_MS)
const now = Date.now
Date.now = () => now() + aheadMs
