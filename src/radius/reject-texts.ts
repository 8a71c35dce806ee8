import type { RejectReason } from '../access/authorize.ts'
import type { Language } from '../languages.ts'

/** Why somebody is not let in, as their phone shows it. */
export type Refusal = RejectReason | 'too-many-guesses' | 'no-such-login' | 'only-a-test'

/** What another language lacks is said in English. */
const TEXTS: { en: Record<Refusal, string> } & Partial<Record<Language, Record<Refusal, string>>> = {
  en: {
    'wrong-code': 'Wrong code. Check it and try again.',
    'unknown-device': 'Enter your code to go online.',
    'too-many-devices': 'This code is in use on another device. Log out there first.',
    'other-device': 'This free access is for the device that asked for it.',
    'time-used': 'Your time is up.',
    'data-used': 'Your data is used up.',
    revoked: 'This access was withdrawn.',
    paused: 'This access is paused. Continue it on the WiFi page.',
    'voucher-expired': 'This voucher is too old to be used.',
    'voucher-revoked': 'This voucher was withdrawn.',
    'too-many-guesses': 'Too many wrong codes. Wait 5 minutes and try again.',
    'no-such-login': 'This kind of login is not possible here.',
    'only-a-test': 'This voucher has not been used yet: a real login would start it now.',
  },
  sw: {
    'wrong-code': 'Msimbo si sahihi. Uangalie kisha ujaribu tena.',
    'unknown-device': 'Weka msimbo wako ili uingie mtandaoni.',
    'too-many-devices': 'Msimbo huu unatumika kwenye kifaa kingine. Ondoka huko kwanza.',
    'other-device': 'Huduma hii ya bure ni ya kifaa kilichoiomba tu.',
    'time-used': 'Muda wako umeisha.',
    'data-used': 'Data yako imeisha.',
    revoked: 'Ruhusa hii imeondolewa.',
    paused: 'Ruhusa hii imesitishwa. Iendeleze kwenye ukurasa wa WiFi.',
    'voucher-expired': 'Vocha hii imepitwa na wakati.',
    'voucher-revoked': 'Vocha hii imeondolewa.',
    'too-many-guesses': 'Misimbo mingi si sahihi. Subiri dakika 5 kisha ujaribu tena.',
    'no-such-login': 'Njia hii ya kuingia haiwezekani hapa.',
    'only-a-test': 'Vocha hii haijatumika bado: kuingia kwa kweli kungeianzisha sasa.',
  },
}

export const refusalText = (language: Language, refusal: Refusal): string => (TEXTS[language] ?? TEXTS.en)[refusal]

/** Whether this is what a login by hand hears of a voucher that a real one would start. */
export const isOnlyATest = (text: string): boolean =>
  Object.values(TEXTS).some((texts) => texts['only-a-test'] === text)
