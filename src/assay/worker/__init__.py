"""What turns "wanted" into statements: attempts as rows, done by isolated children, closed in one transaction."""
