/** A customer text as it is set: `**bold**`, and M-PESA, dial codes and phone numbers never broken over two lines. */
export function Prose({ text }: { text: string }) {
  const pieces = text.split(/(\*\*[^*]+\*\*|M-PESA|\*\d+#|\d{4} (?:•••|\d{3}) \d{3})/)
  return (
    <>
      {pieces.map((piece, at) => {
        if (at % 2 === 0) return piece
        return piece.startsWith('**') ? <b>{piece.slice(2, -2)}</b> : <span class="nb">{piece}</span>
      })}
    </>
  )
}
