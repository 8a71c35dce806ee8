import { dataRate, dataSize } from '../data-size.ts'
import { money } from '../money.ts'
import { DeviceFields } from './device-fields.tsx'
import { packageDuration, waitTime } from './duration.ts'
import { Prose } from './prose.tsx'
import type { SitePage } from './site-page.ts'
import { type CustomerErrorCode, errorText, type Language, t } from './texts.ts'

export interface PackageCard {
  id: number
  name: string
  priceCents: number
  currency: string
  durationSeconds: number
  dataLimitBytes: number | undefined
  downKbps: number | undefined
  deviceLimit: number
}

/** A refused form: `code` chooses the sentence, `field` what to mark. */
export interface FormError {
  field: 'phone' | 'package' | undefined
  code: CustomerErrorCode
  phoneMasked?: string | undefined
  waitSeconds?: number | undefined
}

/** `down`: M-PESA does not answer. `offline`: there is no way to it. `off`: this site sells by voucher only. */
export type Paying = 'open' | 'down' | 'offline' | 'off'

interface PayFormProps {
  site: SitePage
  packages: readonly PackageCard[]
  /** Made by the server for each page it sends; the same key twice is the same purchase. */
  idempotencyKey: string
  phoneNumber?: string | undefined
  /** This device has paid before, by this phone: then nothing is to be typed. */
  phoneMasked?: string | undefined
  error?: FormError | undefined
  /** This package was bought before: it comes first, and its button says "Buy again". */
  lastPackageId?: number | undefined
}

/** Phone number and packages in one form: each package is a button that pays for it. */
export function PayForm(props: PayFormProps) {
  const { site, packages, idempotencyKey, phoneNumber, phoneMasked, error, lastPackageId } = props
  const { language } = site
  const badPhone = error?.field === 'phone'
  const lastFirst = [
    ...packages.filter(({ id }) => id === lastPackageId),
    ...packages.filter(({ id }) => id !== lastPackageId),
  ]
  return (
    <form method="post" action="/pay">
      {/* Enter in the field would press the form's first button; this one takes that and does nothing. */}
      <button type="submit" disabled hidden />
      <DeviceFields {...site} />
      <input type="hidden" name="key" value={idempotencyKey} />
      {error !== undefined && (
        <p class="err" role="alert" id="e">
          <Prose
            text={errorText(language, error.code, {
              mask: error.phoneMasked,
              wait: waitTime(language, error.waitSeconds),
            })}
          />
        </p>
      )}
      {phoneMasked === undefined ? (
        <PhoneField {...{ language, phoneNumber, badPhone }} />
      ) : (
        <input type="hidden" name="known" value="1" />
      )}
      <h2>{t(language, 'packages')}</h2>
      <PackageButtons {...{ language, lastPackageId }} packages={lastFirst} />
    </form>
  )
}

interface PackageButtonsProps {
  language: Language
  packages: readonly PackageCard[]
  lastPackageId?: number | undefined
}

/** Each package is a button that pays for it. */
export function PackageButtons({ language, packages, lastPackageId }: PackageButtonsProps) {
  return (
    <>
      {packages.map((card) => (
        <button type="submit" class="pk" name="package" value={String(card.id)}>
          <PackageText {...{ language, card }} />
          <i>{priceLabel(language, card, lastPackageId)}</i>
        </button>
      ))}
    </>
  )
}

/** What is for sale, while nobody can be asked for money. */
export function PackageList({ language, packages }: { language: Language; packages: readonly PackageCard[] }) {
  return (
    <>
      <h2>{t(language, 'packages')}</h2>
      <ul class="list">
        {packages.map((card) => (
          <li class="pk">
            <PackageText {...{ language, card }} />
            <span class="muted nb">{priceOf(language, card)}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function PackageText({ language, card }: { language: Language; card: PackageCard }) {
  return (
    <span>
      <b>{card.name}</b>
      <small>{limitsOf(language, card)}</small>
    </span>
  )
}

function PhoneField(props: { language: Language; phoneNumber: string | undefined; badPhone: boolean }) {
  const { language, phoneNumber, badPhone } = props
  return (
    <>
      <label for="phone">
        <Prose text={t(language, 'phone')} />
      </label>
      <input
        id="phone"
        name="phone"
        type="tel"
        inputmode="numeric"
        autocomplete="tel-national"
        placeholder="0712 345 678"
        maxlength={20}
        required
        value={phoneNumber}
        aria-describedby={badPhone ? 'e h' : 'h'}
        aria-invalid={badPhone ? 'true' : undefined}
        autofocus={badPhone}
      />
      <p class="hint" id="h">
        {t(language, 'phone_hint')}
      </p>
    </>
  )
}

const priceOf = (language: Language, card: PackageCard) =>
  card.priceCents === 0 ? t(language, 'free') : money(card.priceCents, card.currency)

function priceLabel(language: Language, card: PackageCard, lastPackageId: number | undefined): string {
  if (card.priceCents === 0) return t(language, 'free')
  const price = money(card.priceCents, card.currency)
  if (card.id !== lastPackageId) return t(language, 'pay', { price })
  // No line begins with a dash.
  return t(language, 'again', { price }).replace(' –', `${noBreak}–`)
}

const noBreak = '\u00a0'

/** What the name does not already say. */
function limitsOf(language: Language, card: PackageCard): string {
  const duration = packageDuration(language, card.durationSeconds)
  const sameAsName = plain(card.name) === plain(duration)
  return [
    sameAsName ? undefined : duration,
    card.dataLimitBytes === undefined ? t(language, 'unlimited') : dataSize(card.dataLimitBytes),
    card.downKbps === undefined ? undefined : dataRate(card.downKbps),
    card.deviceLimit > 1 ? t(language, 'devices', { n: card.deviceLimit }).replace(/ /g, noBreak) : undefined,
  ]
    .filter((part) => part !== undefined)
    .join(`${noBreak}· `)
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase()
}
