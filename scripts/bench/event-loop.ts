/** The p99 delay of the main thread's event loop in ms since the last time it was asked, by `/metrics`; NaN the first time. */
export async function eventLoopP99Ms(port: number, token: string): Promise<number> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: { Authorization: `Bearer ${token}` } })
  const text = await answer.text()
  const seconds = /^mlango_event_loop_delay_seconds\{quantile="0\.99"\} (\S+)$/m.exec(text)?.[1]
  if (!answer.ok) throw new Error(`/metrics answered ${answer.status}`)
  return Number(seconds) * 1000
}
