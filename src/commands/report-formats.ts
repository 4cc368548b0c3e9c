/** What `report` can write. */
export const reportFormats = ['text', 'json', 'html', 'markdown', 'junit', 'prometheus'] as const

export type ReportFormat = (typeof reportFormats)[number]
