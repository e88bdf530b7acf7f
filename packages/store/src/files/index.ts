export { openFileBlobs } from './file-blobs.js'
