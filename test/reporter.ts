import { relative } from 'node:path'

/** What the test runner tells, as far as it is shown. */
interface RunnerEvent {
  type: string
  data: {
    name?: string
    file?: string
    line?: number
    nesting?: number
    skip?: boolean | string
    todo?: boolean | string
    message?: string
    details?: { type?: string; duration_ms?: number; error?: Error & { failureType?: string; cause?: unknown } }
  }
}

/** Longer ones are named, so that the run stays short. */
const SLOW_MS = 10_000

/**
 * Names what failed, what was left out and what was slow, and ends with `N passed, N failed, N skipped`.
 * MLANGO_TEST_FAILED_BEFORE names a check that failed before the tests; it counts as one of them.
 */
export default async function* reporter(events: AsyncIterable<RunnerEvent>): AsyncGenerator<string> {
  const failedBefore = process.env.MLANGO_TEST_FAILED_BEFORE
  const failures: string[] = failedBefore ? [`${failedBefore}: its messages are above`] : []
  let passed = 0
  let failed = failures.length
  let skipped = 0
  for await (const { type, data } of events) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message ?? ''
      continue
    }
    if (type !== 'test:pass' && type !== 'test:fail') continue
    const where = placeOf(data)
    // A suite and a file only sum up what is in them, unless they fail by themselves (a hook, an import).
    const sumsUp =
      type === 'test:pass' ? data.details?.type === 'suite' : data.details?.error?.failureType === 'subtestsFailed'
    if (sumsUp) continue
    if (type === 'test:fail') {
      failed += 1
      const text = `${where} ${data.name}\n${textOf(data.details?.error)}`
      failures.push(text)
      yield `FAILED  ${text}\n`
    } else if (data.skip !== undefined || data.todo !== undefined) {
      skipped += 1
      const why = typeof data.skip === 'string' && data.skip !== '' ? ` (${data.skip})` : ''
      yield `skipped ${where} ${data.name}${why}\n`
    } else {
      passed += 1
      const ms = data.details?.duration_ms ?? 0
      if (ms > SLOW_MS) yield `slow    ${where} ${data.name} (${Math.round(ms / 1000)} s)\n`
    }
  }
  if (failures.length > 0) yield `\n${failures.length} FAILED:\n${failures.map((text) => `- ${text}`).join('\n')}\n`
  yield `${passed} passed, ${failed} failed, ${skipped} skipped\n`
}

function placeOf({ file, line }: RunnerEvent['data']): string {
  return file === undefined ? '' : `${relative(process.cwd(), file)}${line === undefined ? '' : `:${line}`}`
}

/** The cause is what the test threw; the rest is the runner's own wrapping. */
function textOf(error: (Error & { cause?: unknown }) | undefined): string {
  const cause = error?.cause instanceof Error ? error.cause : error
  const text = cause?.stack ?? cause?.message ?? 'no reason given'
  return text
    .split('\n')
    .filter((line) => !line.includes('node:internal'))
    .map((line) => `    ${line}`)
    .join('\n')
}
