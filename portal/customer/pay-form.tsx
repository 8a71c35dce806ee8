import { dataRate, dataSize } from '../data-size.ts'
import { money } from '../money.ts'
import { DeviceFields } from './device-fields.tsx'
import { packageDuration } from './duration.ts'
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
}

interface PayFormProps {
  site: SitePage
  packages: readonly PackageCard[]
  /** Made by the server for each page it sends; the same key twice is the same purchase. */
  idempotencyKey: string
  phoneNumber?: string | undefined
  error?: FormError | undefined
  /** This package was bought before: its button says "Buy again". */
  lastPackageId?: number | undefined
}

/** Phone number and packages in one form: each package is a button that pays for it. */
export function PayForm({ site, packages, idempotencyKey, phoneNumber, error, lastPackageId }: PayFormProps) {
  const { language } = site
  const badPhone = error?.field === 'phone'
  return (
    <form method="post" action="/pay">
      {/* Enter in the field would press the form's first button; this one takes that and does nothing. */}
      <button type="submit" disabled hidden />
      <DeviceFields {...site} />
      <input type="hidden" name="key" value={idempotencyKey} />
      {error !== undefined && (
        <p class="err" role="alert" id="e">
          <Prose text={errorText(language, error.code, { mask: error.phoneMasked })} />
        </p>
      )}
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
      <h2>{t(language, 'packages')}</h2>
      {packages.map((card) => (
        <button type="submit" class="pk" name="package" value={String(card.id)}>
          <span>
            <b>{card.name}</b>
            <small>{limitsOf(language, card)}</small>
          </span>
          <i>{priceLabel(language, card, lastPackageId)}</i>
        </button>
      ))}
    </form>
  )
}

function priceLabel(language: Language, card: PackageCard, lastPackageId: number | undefined): string {
  const price = money(card.priceCents, card.currency)
  return card.id === lastPackageId ? t(language, 'again', { price }) : t(language, 'pay', { price })
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
    card.deviceLimit > 1 ? t(language, 'devices', { n: card.deviceLimit }) : undefined,
  ]
    .filter((part) => part !== undefined)
    .map((part) => part.replace(/ /g, noBreak))
    .join(`${noBreak}· `)
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim().toLowerCase()
}
