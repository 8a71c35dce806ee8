/** The alphabet in which a message has room for 160 characters instead of 70 (3GPP TS 23.038, 6.2.1). */
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
/** Characters that cost two places. */
const EXTENDED = '^{}\\[~]|€\f'

const placesOf = (character: string): number | undefined => {
  if (BASIC.includes(character)) return 1
  return EXTENDED.includes(character) ? 2 : undefined
}

/** How many of a message's 160 places a text takes; undefined when it does not fit this alphabet. */
export function gsm7Length(text: string): number | undefined {
  let length = 0
  for (const character of text) {
    const places = placesOf(character)
    if (places === undefined) return undefined
    length += places
  }
  return length
}

const LOOKALIKES: Record<string, string> = { '‘': "'", '’': "'", '`': "'", '“': '"', '”': '"', '–': '-', '—': '-' }

/** The same text as near as this alphabet comes; what it cannot say is left out. */
export function toGsm7(text: string): string {
  return [...text.normalize('NFC')].map((character) => (placesOf(character) ? character : nearest(character))).join('')
}

function nearest(character: string): string {
  const plain = LOOKALIKES[character] ?? character.normalize('NFKD')
  return [...plain].filter(placesOf).join('')
}

/** How many short messages so many places take: a longer text loses seven places of each to the numbering. */
export const gsm7Segments = (places: number): number => (places <= 160 ? 1 : Math.ceil(places / 153))
