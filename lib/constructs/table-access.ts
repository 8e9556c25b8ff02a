/** Actions of a function that reads a table: by key and by partition, without scans. */
export const READ = ['dynamodb:GetItem', 'dynamodb:BatchGetItem', 'dynamodb:Query'];
/** Writes without deletes. */
export const READ_WRITE = [...READ, 'dynamodb:PutItem', 'dynamodb:UpdateItem'];
/** For items that are stored beside others and removed with what they stand for. */
export const READ_WRITE_DELETE = [...READ_WRITE, 'dynamodb:DeleteItem'];
/** Adds items without updates. */
export const PUT = ['dynamodb:PutItem'];
