import { dataSize } from '../data-size.ts'
import { siteTime } from '../site-time.ts'
import { timeLeft } from './duration.ts'
import { type Language, t } from './texts.ts'

/** What is left of an access. */
export interface Remains {
  packageName: string
  expiresAtMs: number
  timeZone: string
  secondsLeft: number
  /** Its clock stands still. */
  paused?: boolean | undefined
  /** Left out where its clock never stands still, or it may be kept; `nowMs` tells whether that is today. */
  useBefore?: { atMs: number; nowMs: number } | undefined
  /** Left out where there is no limit. */
  dataLeftBytes?: number | undefined
}

/** `1 hour – until 14:05`; only `1 hour` while nobody knows until when. */
export function untilText(
  language: Language,
  { packageName, expiresAtMs, timeZone, secondsLeft, paused }: Remains,
): string {
  if (paused) return packageName
  const time = siteTime(language, timeZone, expiresAtMs, expiresAtMs - secondsLeft * 1000)
  return t(language, 'until', { package: packageName, time })
}

export function RemainsBox(props: Remains & { language: Language }) {
  const { language, timeZone, secondsLeft, useBefore, dataLeftBytes } = props
  return (
    <dl class="box">
      <div class="row">
        <dt>{t(language, 'time_left')}</dt>
        <dd>{timeLeft(language, secondsLeft)}</dd>
      </div>
      {useBefore !== undefined && (
        <div class="row">
          <dt>{t(language, 'use_before')}</dt>
          <dd>{siteTime(language, timeZone, useBefore.atMs, useBefore.nowMs)}</dd>
        </div>
      )}
      {dataLeftBytes !== undefined && (
        <div class="row">
          <dt>{t(language, 'data_left')}</dt>
          <dd>{dataSize(dataLeftBytes)}</dd>
        </div>
      )}
    </dl>
  )
}
