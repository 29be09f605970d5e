"""What a Lambda function, the command line and the chat service run: reading, ingesting, answering."""
