/** What came of the last thing that was asked. */
export interface Notice {
  text: string
  bad: boolean
}

export function NoticeLine({ notice }: { notice: Notice | undefined }) {
  if (notice === undefined) return null
  return (
    <p class={notice.bad ? 'note bad' : 'note'} role={notice.bad ? 'alert' : 'status'}>
      {notice.text}
    </p>
  )
}
