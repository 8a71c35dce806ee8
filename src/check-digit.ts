/** H. Michael Damm's quasigroup of order ten: every single wrong digit and every swap of two neighbours shows. */
const DAMM = [
  '0317598642',
  '7092154863',
  '4206871359',
  '1750983426',
  '6123045978',
  '3674209581',
  '5869720134',
  '8945362017',
  '9438617205',
  '2581436790',
]

/** The digit that makes `digits` whole. */
export function checkDigitOf(digits: string): string {
  return [...digits].reduce((row, digit) => DAMM[Number(row)]?.[Number(digit)] ?? '0', '0')
}

/** Whether digits that end in their check digit were typed as they stand on the paper. */
export const isWhole = (digits: string): boolean => /^\d+$/.test(digits) && checkDigitOf(digits) === '0'
