const ANSWER_MS = 10_000

/** The time that a server's answer carries, to half a second; undefined when nobody answers. Redirects are not followed. */
export async function timeAt(url: string, signal?: AbortSignal): Promise<number | undefined> {
  const timeout = AbortSignal.timeout(ANSWER_MS)
  try {
    const answer = await fetch(url, {
      method: 'HEAD',
      redirect: 'manual',
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return Date.parse(answer.headers.get('date') ?? '') || undefined
  } catch {
    return undefined
  }
}
