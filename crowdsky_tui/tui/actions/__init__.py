"""What the actions do, and when they cannot: functions of a `Desk`, by what they are about."""
