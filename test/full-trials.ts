/** Whether trials run as often as the documents say, and not only as often as every change can afford. */
export const isFullTrial = process.env['CONNTRACKCTL_TRIALS'] === 'full'
