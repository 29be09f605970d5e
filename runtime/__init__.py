"""The code that the Lambda functions, the command line and the chat page share: reading, ingesting, answering."""
