"""Pictures that people add: checked, made anew, kept as files under names that follow from their content."""
