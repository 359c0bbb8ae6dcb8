"""How the sample exports are made: people and clicks, what is planted among them, one writer per format."""
