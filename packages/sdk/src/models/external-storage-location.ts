import { model } from './model.js'

export interface ExternalStorageLocation {
  uri?: string
  path?: string
}

export const ExternalStorageLocation = model<ExternalStorageLocation>('ExternalStorageLocation', { uri: 'string', path: 'string' })
