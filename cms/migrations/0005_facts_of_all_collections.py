from django.db import migrations


class Migration(migrations.Migration):
    """The facts are those of every collection that is not over: nobody chooses one."""

    dependencies = [("cms", "0004_choose_what_is_shown")]

    operations = [migrations.RemoveField(model_name="informationpage", name="collection")]
