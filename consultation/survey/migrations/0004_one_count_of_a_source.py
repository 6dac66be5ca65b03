"""A tally keeps its day alone, and a source the tables of one tally."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("survey", "0003_forget_earlier_counts")]
    operations = [
        migrations.AlterField(
            model_name="tallyrun",
            name="created_on",
            field=models.DateField(auto_now_add=True),
        ),
        migrations.AlterModelOptions(
            name="tallyrun", options={"ordering": ["-created_on", "-pk"]}
        ),
        migrations.RemoveField(model_name="tallyrun", name="created_at"),
        migrations.AddConstraint(
            model_name="tallyrun",
            constraint=models.UniqueConstraint(
                condition=models.Q(("tables", {}), _negated=True),
                fields=("collection", "definition"),
                name="one_count_of_a_source",
            ),
        ),
    ]
